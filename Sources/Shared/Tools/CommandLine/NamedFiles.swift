// Finds the files that a command line names, by the types of its options and arguments.
import ArgumentParser
import ByteIO

/// A file, and the option or argument that names it: `--log` or `<stream>`.
public struct NamedFile: Hashable, Sendable {
  public let name: String
  public let role: FileRole
  public let path: FilePath

  public init(_ name: String, _ role: FileRole, _ path: FilePath) {
    self.name = name
    self.role = role
    self.path = path
  }
}

/// Returns the files that the options, arguments and option groups of `arguments` name, in their order.
///
/// An option is named after its property, as in the argument parser: `heldOut` is `--held-out`.
func namedFiles(of arguments: Any) -> [NamedFile] {
  Mirror(reflecting: arguments).children.flatMap { child -> [NamedFile] in
    // A property wrapper is stored under the property's name after an underscore.
    let property = String((child.label ?? "").drop { $0 == "_" })
    switch child.value {
    case let group as any OptionsHolder: return namedFiles(of: group.options)
    case let holder as any FileHolder:
      let words = words(of: property)
      let name = holder.isOption ? "--" + words : "<\(words)>"
      return holder.value.files.map { NamedFile(name, $0.role, $0.path) }
    default: return []
    }
  }
}

/// Converts a property's name from `heldOut` to `held-out`.
private func words(of property: String) -> String {
  property.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
}

private protocol OptionsHolder {
  var options: Any { get }
}

extension OptionGroup: OptionsHolder {
  fileprivate var options: Any { wrappedValue }
}

private protocol FileHolder {
  var isOption: Bool { get }
  var value: any FileArgument { get }
}

extension Option: FileHolder where Value: FileArgument {
  fileprivate var isOption: Bool { true }
  fileprivate var value: any FileArgument { wrappedValue }
}

extension Argument: FileHolder where Value: FileArgument {
  fileprivate var isOption: Bool { false }
  fileprivate var value: any FileArgument { wrappedValue }
}
