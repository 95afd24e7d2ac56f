"""What people and programs see. The structure releases outside text once; the other views render the structure."""
