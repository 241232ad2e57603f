// Writes a state_dict as torch.save does: a zip archive of a pickle, a few small entries, and the bytes of each tensor.

import ByteIO

/// Writes `.pth` files.
enum StateDictFile {
  /// The limit of tensors. Each takes up to 40 operations of the pickle, and our reader runs at most 2²⁰
  /// (PickleMachine.swift).
  static let maximumTensorCount = 1 << 14

  /// Writes the tensors, in this order. The format has no place for the architecture or the class names.
  ///
  /// Throws ``ModelFileError``, before anything is written, if there are too many tensors.
  static func write(_ tensors: [Safetensors.Tensor], to sink: any ByteSink) throws {
    guard tensors.count <= maximumTensorCount else {
      throw ModelFileError.content(
        file: sink.name, .tooManyTensors(tensors.count, limit: maximumTensorCount))
    }
    var archive = ZipWriter(sink)
    // torch.save names the folder after the file or, if it has no name, like this.
    func name(_ record: String) -> String { "archive/\(record)" }
    // The members are in PyTorch's order, since readers recognise the file by its first member.
    try archive.append(name("data.pkl"), StateDictPickle(tensors).bytes)
    // Storages begin at multiples of 64 bytes (ZipWriter.swift).
    try archive.append(name(".format_version"), Array("1".utf8))
    try archive.append(name(".storage_alignment"), Array("64".utf8))
    try archive.append(name("byteorder"), Array("little".utf8))
    for (index, tensor) in tensors.enumerated() {
      try tensor.withBytes { try archive.append(name("data/\(index)"), $0) }
    }
    // The version of the archive's layout. Older versions of PyTorch refuse files without it.
    try archive.append(name("version"), Array("3\n".utf8))
    try archive.finish()
  }
}
