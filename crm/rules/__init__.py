"""Pure decisions of crm: values in, answer out; no database."""
