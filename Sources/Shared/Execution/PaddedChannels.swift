import KernelInterface

extension Activation {
  /// Whether it gives something else than 0 for 0, so that padded channels do not stay 0 by themselves.
  var movesZero: Bool { self == .sigmoid }
}
