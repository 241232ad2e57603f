// Reads a command's options and arguments by reflection: the files that they name, and their values as text.
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
///
/// - Complexity: O(*n*), where *n* is the number of declared options and named files.
func namedFiles(of arguments: Any) -> [NamedFile] {
  declaredProperties(of: arguments).flatMap { property, wrapper -> [NamedFile] in
    guard let value = wrapper.anyValue as? any FileArgument else { return [] }
    let words = words(of: property)
    let name = wrapper.role == .argument ? "<\(words)>" : "--" + words
    return value.files.map { NamedFile(name, $0.role, $0.path) }
  }
}

/// Converts a property's name from `heldOut` to `held-out`.
private func words(of property: String) -> String {
  property.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
}

extension Tool {
  /// Returns the values of the command's options, one text each, such as `top=3`, to detect whether something was made
  /// with the same options. It omits arguments, the properties and groups named in `except`, and files, because a path
  /// says nothing about the file's contents.
  public func optionValues(except: Set<String>) -> [String] {
    declaredProperties(of: self, except: except).compactMap { property, wrapper in
      if wrapper.role == .argument { return nil }
      let value = wrapper.anyValue
      if let file = value as? any FileArgument, !file.files.isEmpty { return nil }
      return "\(property)=\(displayed("\(value)"))"
    }
  }
}

// MARK: - Reflection

/// Returns the options, flags and arguments that `arguments` and its option groups declare, in their order, with the
/// names of their properties. Leaves out the properties and groups named in `except`.
private func declaredProperties(
  of arguments: Any, except: Set<String> = []
) -> [(property: String, wrapper: any DeclaredProperty)] {
  Mirror(reflecting: arguments).children.flatMap {
    child -> [(property: String, wrapper: any DeclaredProperty)] in
    // A property wrapper is stored under the property's name after an underscore.
    let property = String((child.label ?? "").drop { $0 == "_" })
    guard !except.contains(property), let wrapper = child.value as? any DeclaredProperty else { return [] }
    return wrapper.role == .group
      ? declaredProperties(of: wrapper.anyValue, except: except) : [(property, wrapper)]
  }
}

private enum PropertyRole {
  case option, flag, argument, group
}

/// A property wrapper of the argument parser.
private protocol DeclaredProperty {
  var role: PropertyRole { get }
  var anyValue: Any { get }
}

extension Option: DeclaredProperty {
  fileprivate var role: PropertyRole { .option }
  fileprivate var anyValue: Any { wrappedValue }
}

extension Flag: DeclaredProperty {
  fileprivate var role: PropertyRole { .flag }
  fileprivate var anyValue: Any { wrappedValue }
}

extension Argument: DeclaredProperty {
  fileprivate var role: PropertyRole { .argument }
  fileprivate var anyValue: Any { wrappedValue }
}

extension OptionGroup: DeclaredProperty {
  fileprivate var role: PropertyRole { .group }
  fileprivate var anyValue: Any { wrappedValue }
}
