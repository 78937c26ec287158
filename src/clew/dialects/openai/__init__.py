"""What unmodified OpenAI clients speak: assistants, threads, runs, files and vector stores."""
