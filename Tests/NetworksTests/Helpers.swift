// Helpers for several of these tests.

import Networks
import TensorStream

/// The network of a specification; by default, for a grey image of 28 × 28.
func architecture(
  _ specification: String, height: Int = 28, width: Int = 28, channels: Int = 1, classes: Int = 10
) throws(ArchitectureError) -> Architecture {
  try Architecture(
    specification: specification, input: ImageShape(height: height, width: width, channels: channels),
    classCount: classes)
}

/// The network of a tree, for a grey image of 28 × 28.
func architecture(_ tree: Specification) throws(ArchitectureError) -> Architecture {
  try Architecture(tree, input: ImageShape(height: 28, width: 28, channels: 1), classCount: 10)
}
