// The values of a command's options as text, to detect whether something was made with the same options.
import ArgumentParser
import ByteIO

extension Tool {
  /// Returns the values of the command's options and arguments, one text each, such as `top=3`. It omits the properties
  /// named in `except`, and files, because a path says nothing about the file's contents.
  public func optionValues(except: Set<String>) -> [String] { values(of: self, except: except) }
}

private func values(of arguments: Any, except: Set<String>) -> [String] {
  Mirror(reflecting: arguments).children.flatMap { child -> [String] in
    // A property wrapper is stored under the property's name after an underscore.
    let property = String((child.label ?? "").drop { $0 == "_" })
    guard !except.contains(property), let holder = child.value as? any ValueHolder else { return [] }
    let value = holder.anyValue
    if holder.isGroup { return values(of: value, except: except) }
    if let file = value as? any FileArgument, !file.files.isEmpty { return [] }
    return ["\(property)=\(displayed("\(value)"))"]
  }
}

private protocol ValueHolder {
  var anyValue: Any { get }
  var isGroup: Bool { get }
}

extension ValueHolder {
  fileprivate var isGroup: Bool { false }
}

extension Option: ValueHolder {
  fileprivate var anyValue: Any { wrappedValue }
}

extension Flag: ValueHolder {
  fileprivate var anyValue: Any { wrappedValue }
}

extension OptionGroup: ValueHolder {
  fileprivate var anyValue: Any { wrappedValue }
  fileprivate var isGroup: Bool { true }
}
