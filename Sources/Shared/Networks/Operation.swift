// The operations a network is made of. Each has a file in Operations/, with its text, its shape rule, its parameters
// and its errors; this file only says which there are.

/// One operation of a network.
public enum Operation: Equatable, Sendable {
  /// The image's pixels, scaled; node 0 of every network and of nothing else.
  case image
  case convolution(Convolution)
  case normalization(BatchNormalization)
  case activation(Activation)
  case pool(Pooling)
  case globalPool(GlobalPooling)
  case dropout(Dropout)
  case linear(Linear)
  case scale(Scale)
  /// The sum of two maps or vectors of one shape, where branches of a `residual` meet.
  case sum
  /// The channels of several maps, or the values of several vectors, one after the other.
  case concatenation
}
