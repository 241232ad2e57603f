// Checks the files of a command line, for every command and every pair of options, before anything is read or written.
import ByteIO

extension [FilePath] {
  /// The first input that is the same file as one before it, even if their paths differ; `nil` if there is none. Files
  /// that do not exist, and devices, are passed over.
  ///
  /// - Complexity: O(*n*) for *n* paths, with a system call for each.
  public var firstRepeatedInput: FilePath? {
    var identities: Set<FileIdentity> = []
    return first { path in
      FileIdentity(ofInput: path).map { !identities.insert($0).inserted } ?? false
    }
  }
}

extension Tool {
  /// Throws a ``UsageError`` for files that conflict with each other, and a `FileError` for unwritable outputs.
  func checkFiles() throws {
    let files = namedFiles(of: self) + impliedFiles
    try checkStandardInput(files.filter { $0.role == .input })
    let outputs = files.filter { $0.role == .output }.map {
      (file: $0, identity: FileIdentity(ofOutput: $0.path))
    }
    for (index, output) in outputs.enumerated() {
      for other in outputs[..<index] where isSame(output, other) {
        throw UsageError("\(names([other.file, output.file])) name the same file; name another one")
      }
    }
    for output in outputs { try checkInputs(of: files, against: output.file, output.identity) }
    for output in outputs { try OutputFile.check(path: output.file.path) }
    for folder in files where folder.role == .outputFolder { try OutputFile.check(folder: folder.path) }
  }

  /// Throws a ``UsageError`` if standard input or a named pipe is named twice: it can be read only once.
  private func checkStandardInput(_ inputs: [NamedFile]) throws {
    let once = inputs.filter { $0.path.descriptor(standardStream: 0) == 0 }
    if once.count > 1 {
      throw UsageError("\(names(once)): standard input can be read once only")
    }
    var pipes: [FileIdentity: NamedFile] = [:]
    // A limit, because each check is a system call, and twenty thousand names are not pipes.
    for input in inputs.prefix(1000) {
      guard let pipe = FileIdentity(ofPipe: input.path) else { continue }
      if let other = pipes.updateValue(input, forKey: pipe) {
        throw UsageError("\(names([other, input])): \(input.path.inputName) can be read once only")
      }
    }
  }

  /// Returns the names of the files' options and arguments, as the help text spells them: `--model and <stream>`.
  private func names(_ files: [NamedFile]) -> String {
    let names = namesInHelp(of: files)
    return Set(names).count == 1 ? names[0] : names.joined(separator: " and ")
  }

  private func isSame(
    _ one: (file: NamedFile, identity: FileIdentity?), _ other: (file: NamedFile, identity: FileIdentity?)
  ) -> Bool {
    if let identity = one.identity, identity == other.identity { return true }
    // Both are standard output, whatever it leads to. A null device discards its output, so two outputs may go there.
    let descriptor = one.file.path.descriptor(standardStream: 1)
    return descriptor != nil && descriptor == other.file.path.descriptor(standardStream: 1)
      && !one.file.path.isNullDevice(standardStream: 1)
  }

  /// Throws a ``UsageError`` for an output that is also an input, or that is a picture in a folder of input pictures.
  private func checkInputs(of files: [NamedFile], against output: NamedFile, _ identity: FileIdentity?) throws
  {
    // A file that does not exist yet cannot be an input.
    guard let identity, output.path.isRegularFile(standardStream: 1) else { return }
    let isPicture = output.path.text.lowercased().hasSuffix(".png")
    for input in files where input.role == .input && !mayReplace(input, by: output) {
      let isInFolder = isPicture && input.path.isFolder && output.path.isInside(input.path)
      guard isInFolder || FileIdentity(ofInput: input.path) == identity else { continue }
      throw UsageError(
        "\(names([output])): \(output.path.outputName) is also read by \(names([input])), and would be lost; name another file"
      )
    }
  }
}
