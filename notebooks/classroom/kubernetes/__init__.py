"""The class on a Kubernetes cluster: what Zero to JupyterHub's chart is given. README.md here says how."""
