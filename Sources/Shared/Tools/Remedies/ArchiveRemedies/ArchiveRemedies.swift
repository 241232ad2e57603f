// What to type if an archive of pictures is something else.
import Archives
import CommandLine

extension TarError: Remediable {
  public var remedy: String? {
    if case .notAnArchive(_, let found) = self { found.remedy } else { nil }
  }
}
