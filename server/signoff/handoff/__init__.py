"""The handoff: a document made from the record, in which every line is proven or marked as not."""
