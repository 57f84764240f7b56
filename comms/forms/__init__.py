"""Forms of comms, a file a family."""
