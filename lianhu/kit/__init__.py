"""The ground floor: it imports no app."""
