"""Invents people and their resumes: data files in, facts and text out; the writers turn both into documents."""
