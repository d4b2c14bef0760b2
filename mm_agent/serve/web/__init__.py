"""The web chat: a page that shows a conversation, and the door in front of it."""
