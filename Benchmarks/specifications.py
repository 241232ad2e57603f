"""The networks that are compared besides the presets. They are not in networks.py, since that loads PyTorch."""

# Short runs are enough for networks that take a hundred times the presets' work.
RECORDS = 6_000

SPECIFICATIONS = {
    # 114 MFLOP an image, 1.2 million parameters.
    "plain": "conv:18 gelu "
    + " ".join(f"conv:{c},bias=no pool norm gelu conv:{c},bias=no norm gelu" for c in (64, 128, 256))
    + " pool:global linear:classes,bias=no",
    "residual": "conv:32,bias=no norm relu "
    + "2*( residual( conv:32,bias=no norm relu conv:32,bias=no norm ) relu ) "
    + " ".join(
        f"residual( conv:{c},stride=2,bias=no norm relu conv:{c},bias=no norm"
        f" | conv:{c},kernel=1,stride=2,bias=no norm ) relu"
        f" residual( conv:{c},bias=no norm relu conv:{c},bias=no norm ) relu"
        for c in (64, 128))
    + " pool:average,global",
}
