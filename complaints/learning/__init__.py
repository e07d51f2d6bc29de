"""What the classifier learns from people's decisions, how it is trained, and how it is watched."""
