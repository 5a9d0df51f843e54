"""What limits the service? A finished Run goes in, a Diagnosis comes out."""
