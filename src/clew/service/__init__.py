"""What a caller may do: functions over the store, in the domain's words. No transport, no SQL, no dialect."""
