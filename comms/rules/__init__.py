"""Pure decisions about messages: whether, when and how often they go out."""
