"""The built-in rules: what can be learnt from conversations without a model, each result with its evidence."""
