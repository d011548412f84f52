"""What the command was asked, where that makes no sense."""


class AskedWrongly(Exception):
    """A question that makes no sense, in words for who asked."""
