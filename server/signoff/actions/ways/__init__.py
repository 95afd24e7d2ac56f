"""How a workload's image is made, one file a way. Each says what it plans, and makes the image when it is time."""
