"""The errands from a generator to a dataset in the formats of others: plan, shards, finish, verify."""
