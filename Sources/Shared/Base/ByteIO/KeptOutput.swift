// Saves contents elsewhere if they could not be written to their place.

extension OutputFile {
  /// Writes contents whose ``OutputFile`` failed to another file, and returns its path. It tries the folder of `path`,
  /// then the current folder, then the folder for temporary files, and returns `nil` if all of them fail.
  ///
  /// `write` is called once for each folder that is tried, with a file to write to.
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
