"""The door: GraphQL in, verbs called, types out."""
