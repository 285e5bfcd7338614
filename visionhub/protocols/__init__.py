"""Protocols that several vendors speak."""
