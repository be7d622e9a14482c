"""Many users' lessons for an agent become few: clusters, a vote on the direction, one wording each."""
