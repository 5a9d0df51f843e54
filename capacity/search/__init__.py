"""The use case: climb, watch, stop. Owns the Protocols the adapters fulfil."""
