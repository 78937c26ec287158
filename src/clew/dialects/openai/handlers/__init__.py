"""What this dialect's operations do: validated body in, service call, wire shape out. One module a noun."""
