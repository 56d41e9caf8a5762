"""Terms of labelled data: values, derivatives, products of them with vectors."""
