// Pictures in place of a stream, by their names or in archives: the options.

import Archives
import ByteIO
import CommandLine
import ImageFiles
import Networks
import RecipeOptions
import TensorStream

struct PathOptions: ParsableArguments {
  @Flag(
    help: """
      The arguments are PNG or JPEG files; without any, their names are read from standard input, a line each. Writes a line for \
      each of them, in their order, as they come.
      """)
  var paths = false

  @Flag(
    name: [.customShort("0"), .long],
    help: "Names end with NUL in place of a newline, as find -print0 writes them.")
  var null = false

  @Flag(
    help: """
      The arguments are tar archives of PNG or JPEG files, plain or compressed by gzip or zstd; without any, an archive is \
      read from standard input. Writes a line for each picture.
      """)
  var tar = false

  @OptionGroup var recipe: RecipeFlags
  @OptionGroup var damage: DamageOptions

  /// Whether pictures are read, and no stream.
  var readsPictures: Bool { paths || tar }

  func validate() throws {
    if tar, null { throw ValidationError("--null is about names, which are not read with --tar") }
    if readsPictures {
      if recipe.background != nil, recipe.recipe == nil {
        throw ValidationError("--background is about a --recipe, and none is given")
      }
    } else if null {
      throw ValidationError("--null is about names, which are read with --paths")
    } else if damage.strict {
      throw ValidationError("--strict is about picture files, which are read with --paths or --tar")
    } else if recipe.isGiven {
      throw ValidationError(
        "--recipe is about --paths and --tar; the images of a stream were made by the command that wrote it")
    }
  }

  /// Refuses arguments that are no input: more than a stream, or names where they come from standard input.
  func check(_ arguments: [InputPath], areMany: Bool) throws {
    if !readsPictures {
      guard arguments.count <= 1 || areMany else {
        throw ValidationError(
          "expected one stream, got \(arguments.count); 'cat' joins streams, --output-directory gives each an output"
        )
      }
    } else if tar {
      // Archives may be files and standard input.
    } else if arguments.count > 1, arguments.contains("-") {
      throw ValidationError("names are arguments or come from standard input (-), not both")
    } else if null, !arguments.isEmpty, arguments != ["-"] {
      throw ValidationError("--null is about names from standard input, and here they are arguments")
    }
  }

  /// The pictures in archives: those of the arguments, or in that from standard input. Refuses to read one from a terminal
  /// unless forced.
  func archives(_ arguments: [InputPath], _ force: ForceOption) throws -> ArchivePictures {
    let arguments = arguments.isEmpty ? ["-"] : arguments
    let input = arguments.contains("-") ? try InputFile(path: "-") : nil
    if let input {
      try force.check(
        input, expected: "a tar archive", instead: "fm-predict --model m.safetensors --tar pictures.tar")
    }
    let search = PictureSearch(paths: arguments.map(\.path.bytes), lists: [], entersFolders: false)
    return ArchivePictures(try search.pictures(), standardInput: input)
  }

  /// The names of the pictures: the arguments, or what comes from standard input.
  func names(_ arguments: [InputPath]) throws -> ArrivingNames {
    guard arguments.isEmpty || arguments == ["-"] else { return ArrivingNames(arguments.map(\.path.bytes)) }
    return ArrivingNames(try InputFile(path: "-"), separator: null ? .nul : .newline)
  }

  /// The recipe by which pictures become images for models: the one that is asked for, else theirs. `name` is the
  /// models', for messages.
  func recipe(for recorded: RecordedRecipe?, name: String, force: Bool) throws -> Recipe {
    guard let chosen = recipe.chosen else {
      guard let recorded else { return .exact() }
      guard let known = Recipe(recorded.text) else {
        throw PathRecipeError.unknown(name: name, recorded: recorded.text)
      }
      return known
    }
    guard force || RecordedRecipe.agree(chosen.record, recorded) else {
      throw PathRecipeError.different(name: name, recorded: recorded?.text ?? "", chosen: chosen.text)
    }
    return chosen
  }
}

/// Why pictures are not made by a recipe.
enum PathRecipeError: Failure, Equatable {
  case different(name: String, recorded: String, chosen: String)
  case unknown(name: String, recorded: String)

  var kind: FailureKind {
    switch self {
    case .different: .usage
    case .unknown: .badData
    }
  }

  var description: String {
    switch self {
    case .different(let name, let recorded, let chosen):
      "--recipe: \(name) learned from images made by '\(recorded)', not by '\(chosen)';"
        + " leave it out, or --force it"
    case .unknown(let name, let recorded):
      "\(name): its images were made by the recipe '\(recorded)', which this version does not know; choose one with"
        + " --recipe, and --force it"
    }
  }
}
