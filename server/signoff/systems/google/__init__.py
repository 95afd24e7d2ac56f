"""Google Cloud through its official clients. Google's message types end in this package."""
