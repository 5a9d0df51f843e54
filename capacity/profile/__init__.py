"""From YAML and flags to a RunPlan; after this nothing is validated again."""
