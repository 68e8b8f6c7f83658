"""Tables of the configuration file that stand in tables of gateway.config, by subject.  Pure."""
