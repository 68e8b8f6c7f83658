"""What happens to each recipient's copy, and why: facts, conditions, rules, verdicts.  Pure."""
