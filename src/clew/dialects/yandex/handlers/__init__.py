"""What each method does, a module for each service's noun. All have the same shape: `core`, the call, the request."""
