"""What the user types: one file for each command, loaded only when called."""
