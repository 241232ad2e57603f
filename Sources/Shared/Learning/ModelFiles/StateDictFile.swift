// A state_dict as torch.save writes it: a zip archive of a pickle, a few marks, and the bytes of each tensor.

import ByteIO

/// Writes `.pth` files.
enum StateDictFile {
  /// Each takes up to 40 operations of the pickle, and our reader runs no more than 2²⁰ of them (PickleMachine.swift).
  static let maximumTensorCount = 1 << 14

  /// Writes the tensors in that order. PyTorch keeps no more than them: no architecture, no class names.
  ///
  /// Throws ``ModelFileError`` before anything is written where there are too many.
  static func write(_ tensors: [Safetensors.Tensor], to sink: any ByteSink) throws {
    guard tensors.count <= maximumTensorCount else {
      throw ModelFileError.content(
        file: sink.name, .tooManyTensors(tensors.count, limit: maximumTensorCount))
    }
    var archive = ZipWriter(sink)
    // torch.save names the folder after the file, or, where it knows no name, like this.
    func name(_ record: String) -> String { "archive/\(record)" }
    // In PyTorch's order: readers know the file by its first member.
    try archive.append(name("data.pkl"), StateDictPickle(tensors).bytes)
    // Storages are in the order of their numbers, at multiples of 64 bytes (ZipWriter.swift).
    try archive.append(name(".format_version"), Array("1".utf8))
    try archive.append(name(".storage_alignment"), Array("64".utf8))
    try archive.append(name("byteorder"), Array("little".utf8))
    for (index, tensor) in tensors.enumerated() {
      try tensor.withBytes { try archive.append(name("data/\(index)"), $0) }
    }
    // Of the archive's layout; older PyTorch refuses files without it.
    try archive.append(name("version"), Array("3\n".utf8))
    try archive.finish()
  }
}
