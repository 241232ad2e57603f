// Outputs of one command that would become one file: the last would replace the others.

import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Throws a `ValidationError` where two options name the same file, by whatever paths; `-` is standard output.
public func expectDifferentFiles(_ outputs: [(option: String, path: String)]) throws {
  for (index, output) in outputs.enumerated() {
    if let other = outputs[..<index].first(where: { isSameFile($0.path, output.path) }) {
      throw ValidationError("\(other.option) and \(output.option) name the same file")
    }
  }
}

/// Whether two outputs would become one file. What goes to /dev/null is not kept, and may go there twice.
private func isSameFile(_ one: String, _ other: String) -> Bool {
  let path = canonicalPath(one)
  return path == canonicalPath(other) && path != "/dev/null"
}

/// The path without links, `.` and `..`; the file itself need not exist.
private func canonicalPath(_ path: String) -> String {
  if path == "-" { return canonicalPath("/dev/stdout") }
  if let resolved = resolvedPath(path) { return resolved }
  let name = path.split(separator: "/").last ?? ""
  let folder = path.dropLast(path.hasSuffix(name) ? name.count : 0)
  return (resolvedPath(folder.isEmpty ? "." : String(folder)) ?? String(folder)) + "/" + name
}

private func resolvedPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}
