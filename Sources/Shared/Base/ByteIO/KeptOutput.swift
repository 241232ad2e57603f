// Contents that could not be written where they belong, and are worth a second place.

extension OutputFile {
  /// Writes contents whose ``OutputFile`` failed to another file, and returns its path: beside `path`, else in the current
  /// folder, else in that for temporary files. `nil` where no place takes them.
  ///
  /// `write` is called once for each place, with a file to write to.
  public static func keepElsewhere(
    _ path: FilePath, defaultName: FilePath, write: (OutputFile) throws -> Void
  ) -> FilePath? {
    var (name, folders): (FilePath, [FilePath]) = (defaultName, ["", .temporaryFolder])
    if path.descriptor(standardStream: 1) == nil, let target = try? path.destination(),
      !target.lastName.bytes.isEmpty
    {
      name = target.lastName
      if target.folder != "/dev/" { folders.insert(target.folder, at: 0) }
    }
    for folder in folders {
      let kept = FilePath.keptName(of: name, in: folder)
      do {
        let output = try OutputFile(path: kept)
        try write(output)
        try output.commit()
        return kept
      } catch {}
    }
    return nil
  }
}
