"""The Yandex dialect: the AI Assistant API, over gRPC and over REST."""
