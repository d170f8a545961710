"""How a learner's JupyterLab is started, on one machine and in a pod alike. Standard library only."""

IDLE_KERNEL = 3 * 60 * 60  # seconds until a kernel ends that nobody is connected to


def options(home, language):
    """The server's options: the course's own JupyterLab, and kernels that no neighbour can listen to.

    Args:
        home: the learner's.
        language: of the lessons.

    Returns:
        A list of words.
    """
    return [
        f"--config={home}/course/notebooks/{language}/lab.py",
        "--KernelManager.transport_encryption=required",
        "--LanguageServerManager.autodetect=False",
        f"--MappingKernelManager.cull_idle_timeout={IDLE_KERNEL}",
        "--MappingKernelManager.cull_interval=300",
    ]


def first_page(language):
    """What JupyterLab opens.

    Args:
        language: of the lessons.

    Returns:
        The path after the server's own address.
    """
    return f"/lab/tree/notebooks/{language}/00_start.ipynb"
