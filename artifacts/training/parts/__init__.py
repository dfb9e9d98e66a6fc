"""Synthetic machine parts on a conveyor belt, and the small networks that find them."""
