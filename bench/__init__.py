"""Speed and safety of the gateway, measured beside Postfix in the same run; ``make bench``."""
