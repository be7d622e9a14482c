"""Is the agent, the shadow or the playbook really better? Judges, outcomes and honest statistics."""
