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
/// An option is named after its property, as in the argument parser: `heldOut` is `--held-out`. So is an argument, but
/// the help text may give it another name: ``Tool/namesInHelp(of:)`` returns that.
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
  /// Returns the names of the files' options and arguments as the help text spells them. For the property `streams`,
  /// that may be `<stream>`.
  ///
  /// The parser keeps the names of arguments to itself, but the help text lists them in the order of their properties.
  /// Only messages need the names: composing the help text takes longer than all checks of files.
  func namesInHelp(of files: [NamedFile]) -> [String] {
    let properties = declaredProperties(of: self).filter { $0.wrapper.role == .argument }
      .map { "<\(words(of: $0.property))>" }
    let names = Dictionary(
      zip(properties, argumentNames(in: Self.helpMessage())), uniquingKeysWith: { first, _ in first })
    return files.map { names[$0.name] ?? $0.name }
  }

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

/// Returns the names that a help text lists under the title of arguments, such as `<stream>`, in their order.
private func argumentNames(in help: String) -> [String] {
  help.split(separator: "\n", omittingEmptySubsequences: false)
    .drop { $0 != "ARGUMENTS:" }.prefix { !$0.isEmpty }
    .compactMap { line in line.prefixMatch(of: #/ {2}(<[^>]+>)/#).map { String($0.1) } }
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
