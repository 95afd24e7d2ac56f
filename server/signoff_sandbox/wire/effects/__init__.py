"""What planted faults do to answers: `lists` to pages, `values` to fields of messages, `json_values` to those of JSON."""
