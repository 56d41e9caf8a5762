"""Work that is spread over processes, and what is known of it when it is done."""
