//! Documents to text, in a sandboxed child process: resumes are hostile input.
