"""What every training needs whatever its task: project, loading, saving, signals, evaluation."""
