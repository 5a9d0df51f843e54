"""Pure questions about finished data: a Run goes in, Findings come out."""
