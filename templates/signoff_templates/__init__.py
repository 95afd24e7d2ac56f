"""The templates of documents and files that signoff writes."""
